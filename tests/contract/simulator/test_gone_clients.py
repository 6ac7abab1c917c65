"""Clients that die while they knock: no fault of the server's."""

import socket

UPGRADE = (
    b"GET /ws-api/v3 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_a_client_that_dies_before_its_websocket_opens_is_not_an_error(lab, caplog):
    for _ in range(3):
        # Before the loop turns, so that the server finds question and end together.
        with socket.create_connection(("127.0.0.1", lab.exchange.port)) as client:
            client.sendall(UPGRADE)
        assert (await lab.public("/api/v3/ping")).status == 200
    assert [r.message for r in caplog.records if r.name == "aiohttp.server"] == []
