"""The languages of pages and mails: a catalogue of texts each, and what builds the program's files from them.

``make messages`` brings the catalogues up to date with the code, ``make build`` builds. Only the files that are built
are part of what is deployed.
"""
