"""One-off: creates the tables. `python -m app.migrate`"""

import asyncio

from app.database import Base, engine


async def migrate() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    print(f"Tables: {', '.join(sorted(Base.metadata.tables))}")


if __name__ == "__main__":
    asyncio.run(migrate())
