@rem oc-release-x: completes "oc release-x". oc runs this file when it lies in a directory of the PATH.
@oc release-x __complete %*
