"""OpenBML: the platform's domain, one package per bounded context."""
