"""`@df:name`: a DataFrame of a running kernel as context."""

from jupyter_ai_dataframe.provider import DataFrameContextProvider

__all__ = ["DataFrameContextProvider"]
