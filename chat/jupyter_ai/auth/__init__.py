"""Who a person is, and whose chats they see."""
