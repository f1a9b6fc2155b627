// The first file of this room is still to come.
