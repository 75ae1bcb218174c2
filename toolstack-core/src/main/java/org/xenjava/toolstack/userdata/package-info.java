// SPDX-License-Identifier: Apache-2.0
/**
 * The files below {@code /var/lib/xen} in which libxl stores the configuration of each domain. xl's verbs and libvirt need
 * them; this library writes them for its domains, and reads those of others.
 */
@NullMarked
package org.xenjava.toolstack.userdata;

import org.jspecify.annotations.NullMarked;
