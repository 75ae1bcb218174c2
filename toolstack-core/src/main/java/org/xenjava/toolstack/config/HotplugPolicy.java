// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

/** The policy on the programs that guests' configurations name: hotplug scripts and boot loaders. */
public enum HotplugPolicy {
    /** A guest that names a program is refused. */
    REFUSE,
    /** Scripts are run, as root, and boot loaders, without rights, if only root can change them. */
    RUN
}
