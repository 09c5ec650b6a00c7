"""What the API takes (pydantic models) and gives (structs): one file for each kind of thing."""
