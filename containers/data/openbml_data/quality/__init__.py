"""Quality reports, measured sample by sample; a sample costs some bytes of memory."""
