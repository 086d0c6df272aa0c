"""The forms, one file each; a new file is a new form, and its name is the form's slug."""
