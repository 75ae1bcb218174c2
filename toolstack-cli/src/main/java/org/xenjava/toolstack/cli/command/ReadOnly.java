// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.command;

/** Marks a command that changes neither the host nor a domain. It runs in a dry run too. */
public interface ReadOnly {}
