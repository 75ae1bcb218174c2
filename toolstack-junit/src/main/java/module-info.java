// SPDX-License-Identifier: Apache-2.0
/** A simulated Xen host for each JUnit test. */
module org.xenjava.toolstack.junit {
    requires transitive org.junit.jupiter.api;
    requires transitive org.xenjava.toolstack.core;
    requires transitive org.xenjava.toolstack.sim;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.junit;
}
