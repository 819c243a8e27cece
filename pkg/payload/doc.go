// Package payload knows what a release is: the component images that image-references lists, the names
// under which people look for them, the versions they report, and the variables that installers use.
// It is pure: bytes in, values out. Where the bytes come from is the business of package image.
package payload
