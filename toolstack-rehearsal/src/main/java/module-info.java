// SPDX-License-Identifier: Apache-2.0
/** XSA-153 acted out on the simulated Xen: which balloon drivers crash a guest under which rule. */
module org.xenjava.toolstack.rehearsal {
    requires transitive org.xenjava.toolstack.core;
    requires transitive org.xenjava.toolstack.sim;
    requires static transitive org.jspecify;

    exports org.xenjava.toolstack.rehearsal;
}
