"""What happens to a request between the web framework and a provider."""
