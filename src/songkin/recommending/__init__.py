"""What to hear next: neighbours of what somebody likes, what stands together in playlists, groups of songs."""
