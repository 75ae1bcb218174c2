// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli;

import java.time.Duration;

/** Lets time pass between two looks. */
@FunctionalInterface
interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
}
