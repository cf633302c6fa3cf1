"""Offline evaluation on three axes: 工具 (tools), 模式 (mode) and 服务 (service). Everything goes through the service."""
