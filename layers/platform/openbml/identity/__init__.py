"""Who may do what: accounts, users, projects, grants, applications, access tokens."""
