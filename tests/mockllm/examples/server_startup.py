# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# In your server startup
import importlib

def load_external_providers():
    # Load provider from external package
    importlib.import_module("my_company.providers.my_provider")
