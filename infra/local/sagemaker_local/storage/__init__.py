"""Objects in S3, archives, and the credentials that read them."""
