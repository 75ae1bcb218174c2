// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Requires that the test, or each test of the class, leaves the simulated host as it was: domains, free and claimed
 * memory, loop devices, and all of xenstore. A test that does not fails, and its message lists every difference. The
 * test needs a {@link SimulatedXenExtension}.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface LeavesNothingBehind {}
