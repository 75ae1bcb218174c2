// SPDX-License-Identifier: Apache-2.0
/**
 * The way of a further link to the process that receives a guest: sockets that only the user of that process reaches, and a
 * relay between a socket and the standard streams of the process that ssh has started.
 */
@NullMarked
package org.xenjava.toolstack.cli.furtherlink;

import org.jspecify.annotations.NullMarked;
