@rem oc-release-x: completes "kubectl release-x". kubectl runs this file when it lies in a directory of the PATH.
@kubectl release-x __complete %*
