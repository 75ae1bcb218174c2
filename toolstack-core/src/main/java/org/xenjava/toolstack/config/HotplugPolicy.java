// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

/** The policy on the hotplug scripts that guests' disks and network cards name. */
public enum HotplugPolicy {
    /** A guest that names a script is refused. */
    REFUSE,
    /** Scripts are run, as root, if only root can change them. */
    RUN
}
