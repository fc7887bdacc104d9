"""Passwords and tokens."""

from datetime import UTC, datetime, timedelta

import bcrypt
import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import OAuth2PasswordBearer

from app.config import get_settings

ALGORITHM = "HS256"
bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token")


def hash_password(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode()


def is_password(password: str, password_hash: str) -> bool:
    return bcrypt.checkpw(password.encode(), password_hash.encode())


def create_token(username: str) -> str:
    settings = get_settings()
    now = datetime.now(UTC)
    claims = {"sub": username, "iat": now, "exp": now + timedelta(minutes=settings.token_minutes)}
    return jwt.encode(claims, settings.jwt_secret_key, algorithm=ALGORITHM)


def user_of(token: str) -> str | None:
    """The token's user; None where it is forged or expired."""
    try:
        return jwt.decode(token, get_settings().jwt_secret_key, algorithms=[ALGORITHM]).get("sub")
    except jwt.PyJWTError:
        return None


async def current_user(token: str = Depends(bearer)) -> str:
    username = user_of(token)
    if username is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}
        )
    return username
