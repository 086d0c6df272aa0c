"""Reports that are written once and come as PDF and Excel: a document, its renderers, the job."""
