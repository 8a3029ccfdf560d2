"""Heavy work on datasets: exports, reports, cleaning, augmentation, large imports; one job each."""
