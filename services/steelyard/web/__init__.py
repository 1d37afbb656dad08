"""The service over HTTP: thin routes over the resource rooms. Nothing here opens a transaction."""
