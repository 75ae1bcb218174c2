// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The directory of a back end in xenstore. */
final class BackPath {
    private static final Pattern DOMAIN = Pattern.compile("/local/domain/(\\d{1,5})/.*");

    private BackPath() {}

    /** The number of the domain that serves the device. */
    static int domid(String path) {
        Matcher domain = DOMAIN.matcher(path);
        return domain.matches() ? Integer.parseInt(domain.group(1)) : 0;
    }
}
