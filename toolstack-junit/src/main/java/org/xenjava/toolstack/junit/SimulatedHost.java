// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.xenjava.toolstack.sim.guest.GuestFactory;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

/**
 * Gives each test a simulated host of its own through a {@link SimulatedXenExtension}. The annotation of a method
 * overrides that of its class, and the annotation of a nested class that of the enclosing class.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SimulatedXenExtension.class)
public @interface SimulatedHost {
    /**
     * Free memory in MiB, for guests and for what Xen needs to run them.
     *
     * @return the number of MiB
     */
    int freeMemoryMib() default 4096;

    /**
     * The factory of the guests in the domains: a class with a constructor without arguments.
     *
     * @return the class of the factory
     */
    Class<? extends GuestFactory> guests() default Linux.class;

    /** Runs a current Linux in every domain. */
    final class Linux implements GuestFactory {
        /** Creates the factory. */
        public Linux() {}

        @Override
        public SimulatedGuest guestFor(GuestIdentity identity) {
            return SimulatedGuest.linux();
        }
    }
}
