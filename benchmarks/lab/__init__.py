"""What the benchmarks share: measuring, WebSocket clients, and the servers under test."""
