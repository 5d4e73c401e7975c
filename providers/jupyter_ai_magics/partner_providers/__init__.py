"""Provider classes over LangChain's partner packages, each imported when it is first used."""
