// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.store;

import java.util.regex.Pattern;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The syntax of node names and paths. */
final class StorePath {
    static final String ROOT = "/";

    private static final int MAX_ABSOLUTE = 3072;
    private static final Pattern VALID = Pattern.compile("/|(/[-A-Za-z0-9_@]+)+");

    private StorePath() {}

    /**
     * The absolute form of a path.
     *
     * @throws StoreRefusal EINVAL if the path is malformed
     */
    static String absolute(String path, String home) {
        String absolute = path.startsWith("/") ? path : home + "/" + path;
        if (absolute.length() > MAX_ABSOLUTE || !VALID.matcher(absolute).matches()) {
            throw new StoreRefusal(Errno.EINVAL);
        }
        return absolute;
    }

    /** The parent of a node; the root is its own parent. */
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? ROOT : path.substring(0, slash);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String child(String parent, String name) {
        return parent.equals(ROOT) ? "/" + name : parent + "/" + name;
    }

    /** Whether a path is that of a node or below it. */
    static boolean isAtOrBelow(String path, String above) {
        return path.equals(above) || path.startsWith(above.equals(ROOT) ? ROOT : above + "/");
    }
}
