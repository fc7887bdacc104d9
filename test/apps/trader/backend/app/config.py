"""Settings, from the environment."""

from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str
    redis_url: str
    secret_key: str
    jwt_secret_key: str
    token_minutes: int = 24 * 60
    admin_username: str = "admin"
    admin_password: str = ""
    user_data: Path = Path("/app/user_data")
    max_upload_bytes: int = 5 * 1024 * 1024
    ws_ping_seconds: float = 15
    ws_pong_seconds: float = 10
    debug: bool = False

    @property
    def async_database_url(self) -> str:
        """SQLAlchemy wants the driver in the URL."""
        return self.database_url.replace("postgresql://", "postgresql+asyncpg://", 1)


@lru_cache
def get_settings() -> Settings:
    return Settings()
