// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * One entry of a xenstore node's permission list. In the first entry {@code domid} is the owner, who may do
 * everything, and the access is what every domain that is not listed gets.
 *
 * @param domid a domain
 * @param access bits: none 0, read 1, write 2 ({@code XS_PERM_*})
 */
public record XenStorePermission(int domid, int access) {
    /** No access. */
    public static final int NONE = 0;
    /** Reads. */
    public static final int READ = 1;
    /** Writes. */
    public static final int WRITE = 2;
}
