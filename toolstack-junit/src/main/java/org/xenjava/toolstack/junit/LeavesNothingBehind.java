// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The test, or each test of the class, must leave the simulated host as it was: domains, free and claimed memory, and
 * all of xenstore. If not, it fails and tells every difference. Takes a {@link SimulatedXenExtension}.
 */
@Documented
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface LeavesNothingBehind {}
