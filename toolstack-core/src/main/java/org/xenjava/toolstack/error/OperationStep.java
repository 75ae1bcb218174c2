// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.error;

/**
 * One step of an operation that has several, such as creating a domain. Progress, exceptions and metrics name the step
 * by this value; programs compare {@link #id}, people read {@link #words}.
 */
public interface OperationStep {
    /** {@return a token that stays the same from release to release, such as {@code "attach-disks"}} */
    String id();

    /** {@return the step in English, as it stands in messages, such as {@code "attach disks"}} */
    String words();
}
