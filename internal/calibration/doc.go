// Package calibration shows that the verdicts of package checks can be trusted:
// it draws samples in which nothing has changed, or something has by a known
// amount, and counts how often a verdict is wrong; and it draws values of awkward
// shapes and measures how wide the certain bounds are. It holds the generators,
// the plain definitions that results are compared with, and the pages of the
// manual that are generated from them. No part of it is in the program.
package calibration
