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
 * Gives each test a simulated host of its own, through a {@link SimulatedXenExtension}. On a method it takes the place
 * of the class's, on a nested class that of the enclosing one's.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SimulatedXenExtension.class)
public @interface SimulatedHost {
    /** Memory that is free for guests, in MiB; what Xen needs to run them comes out of it too. */
    int freeMemoryMib() default 4096;

    /** What runs in the domains; a class with a constructor without arguments. */
    Class<? extends GuestFactory> guests() default Linux.class;

    /** A current Linux in every domain. */
    final class Linux implements GuestFactory {
        @Override
        public SimulatedGuest guestFor(GuestIdentity identity) {
            return SimulatedGuest.linux();
        }
    }
}
