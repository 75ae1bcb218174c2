// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.balancer;

import org.xenjava.toolstack.store.DomainPaths;

/** The balancer's nodes in xenstore. */
final class BalanceNodes {
    /** The lease of the acting balancer. */
    static final String OWNER = "/tool/xenjava/balance/owner";

    /** The parent of the requests for memory. */
    static final String REQUESTS = "/tool/xenjava/balance/requests";

    private static final String CONTROL_DOMAIN = "/tool/xenjava/balance/control-domain";

    private BalanceNodes() {}

    /** The record of what the balancer has set. */
    static String record(DomainPaths paths) {
        return paths.domid() == 0 ? CONTROL_DOMAIN : paths.libxl() + "/xenjava/balance";
    }

    static String request(String id) {
        return REQUESTS + "/" + id;
    }
}
