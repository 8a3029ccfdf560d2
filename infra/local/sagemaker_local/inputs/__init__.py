"""What fills the data folders of jobs: channels of every kind."""
