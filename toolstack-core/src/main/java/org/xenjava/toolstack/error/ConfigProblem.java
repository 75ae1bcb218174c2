// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

import java.io.Serializable;
import java.util.List;

/**
 * A problem of a configuration.
 *
 * @param keys the keys of xl.cfg whose values are wrong or do not fit together; the first one is the one to change.
 *     Empty if the problem is that of a value that has no key of its own, such as one disk
 * @param message what is wrong, without a position
 * @serial exclude
 */
public record ConfigProblem(List<String> keys, String message) implements Serializable {
    /**
     * Copies the list, so that the record is immutable.
     *
     * @param keys the keys of xl.cfg whose values are wrong or do not fit together; the first one is the one to
     *     change. Empty if the problem is that of a value that has no key of its own, such as one disk
     * @param message what is wrong, without a position
     */
    public ConfigProblem {
        keys = List.copyOf(keys);
    }
}
