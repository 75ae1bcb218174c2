// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.lib;

/**
 * A watch fired.
 *
 * @param path the node that changed, or a special name such as {@code @releaseDomain}
 * @param token the watch's token
 */
public record XenStoreWatchEvent(String path, String token) {}
