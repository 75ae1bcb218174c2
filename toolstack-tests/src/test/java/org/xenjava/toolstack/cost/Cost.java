// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cost;

/**
 * The cost of a watcher in a minute, on average.
 *
 * @param hypercalls made
 * @param storeRequests to xenstored
 * @param cpuMillis CPU time of its thread in ms, in which the simulated Xen and xenstored answer it
 */
record Cost(double hypercalls, double storeRequests, double cpuMillis) {
    Cost dividedBy(double minutes) {
        return new Cost(hypercalls / minutes, storeRequests / minutes, cpuMillis / minutes);
    }
}
