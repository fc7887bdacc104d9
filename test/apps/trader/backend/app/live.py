"""The WebSocket: subscriptions, topics, and the server's own ping."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable

from fastapi import WebSocket, WebSocketDisconnect

from app.config import get_settings

started = time.monotonic()


def monitoring() -> dict:
    return {"cpu": round(random.uniform(1, 40), 1), "uptime": round(time.monotonic() - started)}


def strategies() -> dict:
    return {"running": 2, "profit": round(random.uniform(-1, 3), 2)}


def capacity() -> dict:
    return {"used": 2, "limit": 10}


# Topics: what they tell, and every how many seconds.
TOPICS: dict[str, tuple[Callable[[], dict], float]] = {
    "monitoring": (monitoring, 5),
    "strategies": (strategies, 10),
    "capacity": (capacity, 60),
}


class Client:
    def __init__(self, socket: WebSocket, username: str) -> None:
        self.socket = socket
        self.username = username
        self.topics: set[str] = set()
        self.pong = asyncio.Event()

    async def push(self, topic: str) -> None:
        tell, _ = TOPICS[topic]
        await self.socket.send_json({"type": "data", "topic": topic, "data": tell()})

    async def receive(self) -> None:
        while True:
            message = await self.socket.receive_json()
            kind, topic = message.get("type"), message.get("topic")
            if kind == "pong":
                self.pong.set()
            elif kind == "subscribe" and topic in TOPICS:
                self.topics.add(topic)
                await self.socket.send_json({"type": "subscribed", "topic": topic})
            elif kind == "unsubscribe":
                self.topics.discard(topic)
                await self.socket.send_json({"type": "unsubscribed", "topic": topic})
            else:
                await self.socket.send_json({"type": "error", "message": f"Unknown message type: {kind}"})

    async def ping(self) -> None:
        settings = get_settings()
        while True:
            await asyncio.sleep(settings.ws_ping_seconds)
            self.pong.clear()
            await self.socket.send_json({"type": "ping"})
            try:
                await asyncio.wait_for(self.pong.wait(), settings.ws_pong_seconds)
            except TimeoutError:
                await self.socket.close(1000, "no pong")
                return


class Hub:
    def __init__(self) -> None:
        self.clients: set[Client] = set()

    async def serve(self, socket: WebSocket, username: str) -> None:
        await socket.accept()
        client = Client(socket, username)
        self.clients.add(client)
        pings = asyncio.create_task(client.ping())
        try:
            await socket.send_json({"type": "connected", "user": username, "topics": list(TOPICS)})
            await client.receive()
        except (WebSocketDisconnect, RuntimeError, ValueError):
            pass
        finally:
            pings.cancel()
            self.clients.discard(client)

    async def publish(self, topic: str, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            for client in [client for client in self.clients if topic in client.topics]:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await client.push(topic)

    def start(self) -> list[asyncio.Task]:
        return [asyncio.create_task(self.publish(topic, every)) for topic, (_, every) in TOPICS.items()]


hub = Hub()
