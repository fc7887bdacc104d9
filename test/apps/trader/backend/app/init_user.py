"""One-off: makes the first user, where there is none. `python -m app.init_user`"""

import asyncio
import sys

from sqlalchemy import select

from app.config import get_settings
from app.database import User, engine, new_session
from app.security import hash_password


async def init_user() -> None:
    settings = get_settings()
    if not settings.admin_password:
        sys.exit("ADMIN_PASSWORD is empty.")
    async with new_session() as session:
        user = await session.scalar(select(User).where(User.username == settings.admin_username))
        if user is None:
            session.add(User(username=settings.admin_username, password_hash=hash_password(settings.admin_password)))
            await session.commit()
            print(f"Created user {settings.admin_username}")
        else:
            print(f"User {settings.admin_username} exists")
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(init_user())
