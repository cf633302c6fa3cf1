"""The page as a server: FastAPI and uvicorn on one event loop, the service in its lifespan, Gradio mounted once per language."""

from __future__ import annotations

import os
import shutil
import socket
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from advisor.app import build_desk, build_service
from advisor.errors import AdvisorError
from advisor.settings import Settings
from advisor.ui.guard import LoopbackOnly, is_loopback
from tools.text import Lang, Text

__all__ = ["PageOptions", "Server", "build_app", "prepare"]

MAX_UPLOAD = "200mb"
_COOKIE = "advisor-lang"
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f5c5c"/>'
    '<path d="M8 21l5-6 4 4 7-9" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
)


@dataclass(frozen=True)
class PageOptions:
    """Where the page listens. Make it with `on`, which refuses anything but this machine."""

    host: str
    port: int

    @classmethod
    def on(cls, host: str, port: int) -> PageOptions:
        """Raises AdvisorError for an address other machines can reach: there is no sign-in yet."""
        if not is_loopback(host):
            raise AdvisorError(
                Text(
                    f"页面还没有登录功能，只能在本机打开；{host} 会让别的电脑也能访问，已拒绝。请用 127.0.0.1（远程用 SSH 隧道）。",
                    f"The page has no sign-in yet and opens on this machine only; {host} would let other machines in. "
                    "Use 127.0.0.1 (and an SSH tunnel from afar).",
                )
            )
        return cls(host, port)

    @property
    def address(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}/"


class Server:
    """A prepared page; `run` blocks until it is stopped."""

    def __init__(self, app: FastAPI, options: PageOptions, listener: socket.socket) -> None:
        self.options = options
        self._listener = listener
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3, server_header=False)
        self._server = uvicorn.Server(config)

    def run(self, *, open_browser: bool = False) -> None:
        if open_browser and _has_display():
            webbrowser.open(self.options.address)  # the socket listens already, so the browser waits
        self._server.run(sockets=[self._listener])

    def stop(self) -> None:
        self._server.should_exit = True


def prepare(settings: Settings, options: PageOptions) -> Server:
    """Bind the port and build the page. Raises AdvisorError when the port is taken."""
    listener = _listen(options)
    bound = PageOptions(options.host, listener.getsockname()[1])
    return Server(build_app(settings), bound, listener)


def _listen(options: PageOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        listener.close()
        raise AdvisorError(
            Text(
                f"端口 {options.port} 已被占用；用 --port 换一个（0 表示任选）。",
                f"Port {options.port} is taken; choose another with --port (0 picks one).",
            )
        ) from error
    listener.listen(128)
    return listener


def _has_display() -> bool:
    return (
        os.name == "nt" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ or os.uname().sysname == "Darwin"
    )


def build_app(settings: Settings) -> FastAPI:
    """The ASGI application. Uploads live in the workspace's own folder and go when they were imported, or at the next start."""
    uploads = settings.root / "quarantine" / "uploads"
    shutil.rmtree(uploads, ignore_errors=True)
    uploads.mkdir(parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # gradio reads it when it is imported

    from advisor.ui.page import Page, mount_pages

    page = Page(settings=settings, uploads=uploads)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service = build_service(settings)
        page.open(service, build_desk(settings))
        try:
            yield
        finally:
            await service.aclose()
            shutil.rmtree(uploads, ignore_errors=True)

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def home(request: Request) -> Response:
        return RedirectResponse(f"/{_wanted_language(request)}/", status_code=307)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return Response(_ICON, media_type="image/svg+xml")

    mount_pages(app, page)
    app.add_middleware(_RememberLanguage)
    app.add_middleware(LoopbackOnly)
    return app


def _wanted_language(request: Request) -> Lang:
    """The language chosen before, else the browser's first one that we speak."""
    chosen = request.cookies.get(_COOKIE)
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    for part in request.headers.get("accept-language", "").lower().split(","):
        name = part.split(";")[0].strip()
        if name.startswith("zh"):
            return "zh"
        if name.startswith("en"):
            return "en"
    return "en" if request.headers.get("accept-language") else "zh"


class _RememberLanguage:
    """Opening a language's page makes it the one `/` leads to."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path not in ("/zh/", "/en/"):
            await self._app(scope, receive, send)
            return

        async def with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{_COOKIE}={path.strip('/')}; Path=/; Max-Age=31536000; SameSite=Lax"
                message["headers"] = [*message.get("headers", []), (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(scope, receive, with_cookie)
