"""The API."""

import contextlib
import logging
import re
from pathlib import PurePosixPath

from fastapi import Depends, FastAPI, HTTPException, UploadFile, WebSocket, status
from fastapi.responses import FileResponse, JSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import get_settings
from app.database import Upload, User, engine, get_session, new_session
from app.live import hub
from app.security import create_token, current_user, is_password, user_of

settings = get_settings()
redis = Redis.from_url(settings.redis_url, decode_responses=True)
log = logging.getLogger("uvicorn.error")


class HideTokens(logging.Filter):
    """uvicorn logs the query string of a WebSocket, which has the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = re.sub(r"token=[^\s\"&]+", "token=***", record.getMessage()), ()
        return True


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI):
    log.addFilter(HideTokens())
    settings.user_data.mkdir(parents=True, exist_ok=True)
    tasks = hub.start()
    log.info("Trader is up")
    yield
    for task in tasks:
        task.cancel()
    await redis.aclose()
    await engine.dispose()


app = FastAPI(title="Trader", version="1.0.0", lifespan=lifespan)


@app.get("/health")
async def health() -> JSONResponse:
    state = {"database": "ok", "redis": "ok"}
    try:
        async with new_session() as session:
            await session.execute(text("select 1"))
    except Exception as error:  # noqa: BLE001
        state["database"] = f"{type(error).__name__}: {error}"
    try:
        await redis.ping()
    except Exception as error:  # noqa: BLE001
        state["redis"] = f"{type(error).__name__}: {error}"
    healthy = set(state.values()) == {"ok"}
    if not healthy:
        log.error("Unhealthy: %s", state)
    return JSONResponse({"status": "healthy" if healthy else "unhealthy", **state}, 200 if healthy else 503)


@app.get("/api/v1/health")
async def api_health() -> JSONResponse:
    return await health()


@app.post("/api/v1/auth/token")
async def login(
    form: OAuth2PasswordRequestForm = Depends(), session: AsyncSession = Depends(get_session)
) -> dict[str, str]:
    user = await session.scalar(select(User).where(User.username == form.username))
    if user is None or not is_password(form.password, user.password_hash):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Incorrect username or password")
    await redis.incr(f"logins:{user.username}")
    return {"access_token": create_token(user.username), "token_type": "bearer"}


@app.get("/api/v1/auth/me")
async def me(username: str = Depends(current_user), session: AsyncSession = Depends(get_session)) -> dict:
    user = await session.scalar(select(User).where(User.username == username))
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "No such user")
    return {
        "id": user.id,
        "username": user.username,
        "created_at": user.created_at.isoformat(),
        "logins": int(await redis.get(f"logins:{user.username}") or 0),
    }


@app.post("/api/v1/upload", status_code=status.HTTP_201_CREATED)
async def upload(
    file: UploadFile, username: str = Depends(current_user), session: AsyncSession = Depends(get_session)
) -> dict:
    name = PurePosixPath(file.filename or "").name
    if not re.fullmatch(r"[\w.-]{1,128}", name) or name.startswith("."):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "No such file name")
    content = await file.read(settings.max_upload_bytes + 1)
    if len(content) > settings.max_upload_bytes:
        raise HTTPException(413, "Too large")
    (settings.user_data / name).write_bytes(content)
    entry = await session.scalar(select(Upload).where(Upload.name == name))
    if entry is None:
        entry = Upload(name=name, size=len(content), owner=username)
        session.add(entry)
    entry.size = len(content)
    await session.commit()
    return {"name": name, "size": len(content)}


@app.get("/api/v1/uploads")
async def uploads(_: str = Depends(current_user), session: AsyncSession = Depends(get_session)) -> list[dict]:
    entries = await session.scalars(select(Upload).order_by(Upload.name))
    return [{"name": entry.name, "size": entry.size, "owner": entry.owner} for entry in entries]


@app.get("/api/v1/uploads/{name}")
async def download(name: str, _: str = Depends(current_user)) -> FileResponse:
    path = settings.user_data / PurePosixPath(name).name
    if not path.is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such file")
    return FileResponse(path)


@app.get("/api/v1/stats")
async def stats() -> dict:
    return {"connections": len(hub.clients)}


@app.websocket("/api/v1/ws")
async def live(socket: WebSocket, token: str = "") -> None:
    username = user_of(token)
    if username is None:
        # Before it is accepted: the client gets 403.
        await socket.close(status.WS_1008_POLICY_VIOLATION)
        return
    await hub.serve(socket, username)
