"""What a model's files must be: told from their bytes, never by running or unpickling anything."""
