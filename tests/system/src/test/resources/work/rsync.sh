# rsync of a tree; a second call finds nothing to do, also by checksum.
rsync -aH "$SOURCE/" copy/
rsync -aHn --checksum --itemize-changes "$SOURCE/" copy/
