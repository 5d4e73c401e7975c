# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
{
    "path": "/v1/custom/chat",      # API path
    "method": "POST",                # HTTP method
    "handler": "handle_chat_completion"  # Method name to call
}
